#include "arete/core/buffer.hpp"

#include <sys/mman.h>

#include <cstdlib>

#include "arete/core/error.hpp"

namespace arete::detail {

namespace {
constexpr std::size_t cache_line = 64;
constexpr std::size_t huge_page = std::size_t{2} << 20;
}  // namespace

void* allocate_aligned(std::size_t bytes) {
  const std::size_t alignment = bytes >= 2 * huge_page ? huge_page : cache_line;
  void* memory = nullptr;
  if (bytes > static_cast<std::size_t>(-1) - alignment ||
      ::posix_memalign(&memory, alignment, bytes) != 0) {
    fail(ErrorKind::resource, "out of memory: {} bytes were asked for", bytes);
  }
  if (alignment == huge_page) {
    // Advice only: without huge pages the memory is as good, only slower to touch first.
    static_cast<void>(::madvise(memory, bytes, MADV_HUGEPAGE));
  }
  return memory;
}

void FreeAligned::operator()(void* memory) const noexcept { std::free(memory); }

}  // namespace arete::detail
