#include "fuzz/fuzz.hpp"

/// Parquet and Arrow files, by the module that reads them.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return arete::fuzz::open_and_read(data, size);
}
