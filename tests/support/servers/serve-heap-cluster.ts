// The server of serve-heap.ts in a cluster, whose one worker has the heap that KIND is about; after EXIT requests another takes over.
import cluster from 'node:cluster'

if (cluster.isPrimary) {
  cluster.fork()
  cluster.on('exit', () => cluster.fork())
} else {
  await import('./serve-heap.ts')
}
