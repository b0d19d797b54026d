#pragma once

namespace arete::bench {

/// What this machine can do at most, measured; each rate is the best of several short runs.
struct Machine {
  int threads = 1;
  double int8_one = 0;     ///< multiply-adds of 8-bit integers per second, one thread; 0: no VNNI
  double int8_all = 0;     ///< the same, all threads at once
  double float64_one = 0;  ///< float64 operations per second of dgemm, one thread
  double float64_all = 0;  ///< the same, all threads
  double read_all = 0;     ///< bytes per second read from memory, all threads
  double disturbed = 0;    ///< share of the machine that others took meanwhile
};

[[nodiscard]] Machine measure_machine(int threads);

}  // namespace arete::bench
