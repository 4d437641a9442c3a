# Ends a database and removes its folder once the program that started it is gone, however that went: also by SIGKILL.
# $1: the folder. File descriptor 3: a pipe whose other end is that program's alone; it closes when all of this is done.
folder=$1
pid_file=$folder/data/postmaster.pid

# A zombie has ended, too: in many containers nobody takes note of orphans.
lives() {
  kill -0 "$1" && ! grep -q ') Z ' "/proc/$1/stat"
}

clean() {
  trap '' HUP INT TERM
  read -r _ <&3

  # PostgreSQL's own file: its pid in the first line, key and id of its shared memory in the seventh.
  pid=$(sed -n 1p "$pid_file")
  memory=$(sed -n 7p "$pid_file")
  tries=0
  if [ -n "$pid" ]; then
    kill -QUIT "$pid"
    while [ -e "$pid_file" ] && lives "$pid" && [ "$tries" -lt 200 ]; do
      tries=$((tries + 1))
      sleep 0.05
    done
  fi

  # It removes the file and its memory when it ends. Both are left by one that was killed.
  [ -e "$pid_file" ] && [ -n "$memory" ] && ipcrm -m "${memory##* }"

  # A child of a killed PostgreSQL may go on for a moment and write into what is being removed.
  until rm -rf "$folder" || [ "$tries" -ge 300 ]; do
    tries=$((tries + 1))
    sleep 0.05
  done
}

# In the background and orphaned at once, so that who ends that program's whole process tree does not end this too.
clean &
echo $! >"$folder/guard"
