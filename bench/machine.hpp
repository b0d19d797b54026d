#pragma once

namespace arete::bench {

/// Operations per second.
struct Rate {
  double one = 0;  ///< of one thread; 0: the machine cannot do them
  double all = 0;  ///< of all threads at once
};

/// What this machine can do at most, measured; each rate is the best of several short runs.
struct Machine {
  int threads = 1;
  Rate amx;              ///< multiply-adds of 8-bit integers by AMX
  Rate vnni;             ///< the same by AVX-512 VNNI
  Rate avx2;             ///< the same by AVX2, as 16-bit integers
  Rate float64;          ///< float64 operations of dgemm
  double read_all = 0;   ///< bytes per second read from memory, all threads
  double disturbed = 0;  ///< share of the machine that others took meanwhile
};

[[nodiscard]] Machine measure_machine(int threads);

}  // namespace arete::bench
