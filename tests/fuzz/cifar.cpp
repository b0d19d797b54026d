#include "arete/data/cifar.hpp"

#include "fuzz/fuzz.hpp"

/// One batch, whatever its name.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const arete::fuzz::MemoryFile file(data, size);
  return arete::fuzz::attempt(
      [&] { arete::fuzz::read_rows(*arete::open_cifar(file.path(), arete::OpenOptions{})); });
}
