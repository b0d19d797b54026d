#include "arete/data/gzip.hpp"
#include "fuzz/fuzz.hpp"

/// What inflates is read at its beginning and its end.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const arete::fuzz::MemoryFile file(data, size);
  return arete::fuzz::attempt([&] {
    const arete::ContentFile content(file.path(), arete::fuzz::memory_limit);
    std::byte edge{};
    if (content.size() == 0) return;
    content.read(0, {&edge, 1});
    content.read(content.size() - 1, {&edge, 1});
  });
}
