#include "fuzz/moments_bytes.hpp"

#include "arete/moments/moments_file.hpp"
#include "fuzz/fuzz.hpp"

namespace {

void read(std::span<const std::uint8_t> bytes) {
  const arete::fuzz::MemoryFile file(bytes.data(), bytes.size());
  arete::fuzz::attempt([&] {
    static_cast<void>(arete::rows_of_moments(file.path()));
    static_cast<void>(arete::read_moments(file.path()));
  });
}

}  // namespace

/// A moments file, as it is and with right checksums.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  read({data, size});
  if (const auto mended = arete::fuzz::with_right_checksums({data, size})) read(*mended);
  return 0;
}
