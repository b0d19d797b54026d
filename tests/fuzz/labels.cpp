#include "arete/data/labels.hpp"
#include "fuzz/fuzz.hpp"

/// A file of labels: IDX, NPY or text.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const arete::fuzz::MemoryFile file(data, size);
  return arete::fuzz::attempt(
      [&] { static_cast<void>(arete::read_labels(file.path(), arete::fuzz::memory_limit)); });
}
