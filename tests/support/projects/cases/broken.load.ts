// A file that ends before its tests are known.
throw new Error('this file is broken')
