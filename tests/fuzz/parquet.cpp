#include "fuzz/fuzz.hpp"

/// Parquet and Arrow files, by the module that reads them; as one column of features, and as many.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  arete::fuzz::open_and_read(data, size);
  arete::TableOptions many;
  many.features_pattern = "p*";
  return arete::fuzz::open_and_read(data, size, many);
}
