#include "arete/data/gzip.hpp"

#include <libdeflate.h>

#include <algorithm>
#include <array>
#include <limits>
#include <memory>

#include "arete/core/checked.hpp"
#include "arete/data/byte_order.hpp"

namespace arete {

namespace {

/// Deflate makes at most 258 bytes of two bits.
constexpr std::uint64_t largest_ratio = 1032;
constexpr std::size_t smallest_member = 18;
constexpr std::size_t smallest_guess = 4096;

struct FreeDecompressor {
  void operator()(libdeflate_decompressor* d) const noexcept { libdeflate_free_decompressor(d); }
};
using Decompressor = std::unique_ptr<libdeflate_decompressor, FreeDecompressor>;

[[noreturn]] void fail_damaged(const InputFile& file, std::size_t offset) {
  fail(ErrorKind::input,
       "{}: the gzip data from byte {} on are damaged or cut short (the file has {} bytes); copy "
       "or download it again",
       file.path().string(), offset, file.size());
}

[[noreturn]] void fail_too_large(const InputFile& file, std::size_t limit) {
  fail(ErrorKind::resource,
       "{}: packed and inflated, it takes more than the {} bytes of memory allowed; gunzip the "
       "file first, or raise --memory",
       file.path().string(), limit);
}

/// More room behind the `used` bytes that are done: twice as much, up to `most`.
Buffer<std::byte> grown(const Buffer<std::byte>& bytes, std::size_t used, std::size_t most) {
  Buffer<std::byte> larger(bytes.size() > most / 2 ? most : 2 * bytes.size());
  std::copy_n(bytes.data(), used, larger.data());
  return larger;
}

}  // namespace

bool is_gzip(std::span<const std::byte> start) noexcept {
  return start.size() >= 2 && start[0] == std::byte{0x1F} && start[1] == std::byte{0x8B};
}

ContentFile::ContentFile(const std::filesystem::path& path, std::size_t memory)
    : file_(path), size_(file_.size()) {
  std::array<std::byte, 2> start{};
  if (file_.size() < start.size()) return;
  file_.read(0, start);
  if (is_gzip(start)) inflate(memory == 0 ? std::numeric_limits<std::size_t>::max() : memory);
}

void ContentFile::inflate(std::size_t limit) {
  if (file_.size() < smallest_member) fail_damaged(file_, 0);
  if (file_.size() > limit) fail_too_large(file_, limit);
  Buffer<std::byte> packed(file_.size());
  file_.read(0, packed.span());

  // The last four bytes are the size of the last member, modulo 2^32: exact for nearly every file.
  const std::size_t possible = checked_multiply(packed.size(), largest_ratio, path().string());
  const std::size_t most = std::min<std::size_t>(possible, limit - packed.size());
  const std::size_t guess = load_little<std::uint32_t>(packed.data() + packed.size() - 4);
  inflated_ = Buffer<std::byte>(std::min(std::max(guess, smallest_guess), most));

  const Decompressor decompressor(libdeflate_alloc_decompressor());
  if (!decompressor) fail(ErrorKind::resource, "out of memory: no room to inflate a file");
  std::size_t done = 0;
  for (std::size_t offset = 0; offset < packed.size();) {
    if (!is_gzip(packed.span().subspan(offset))) {
      fail(ErrorKind::input, "{}: its gzip data end at byte {}, but {} other bytes follow",
           path().string(), offset, packed.size() - offset);
    }
    std::size_t consumed = 0;
    std::size_t produced = 0;
    const libdeflate_result result = libdeflate_gzip_decompress_ex(
        decompressor.get(), packed.data() + offset, packed.size() - offset, inflated_.data() + done,
        inflated_.size() - done, &consumed, &produced);
    if (result == LIBDEFLATE_INSUFFICIENT_SPACE && inflated_.size() < most) {
      inflated_ = grown(inflated_, done, most);
    } else if (result == LIBDEFLATE_INSUFFICIENT_SPACE && most < possible) {
      fail_too_large(file_, limit);
    } else if (result != LIBDEFLATE_SUCCESS) {
      fail_damaged(file_, offset);
    } else {
      offset += consumed;
      done += produced;
    }
  }
  size_ = done;
}

void ContentFile::read(std::uint64_t offset, std::span<std::byte> into) const {
  if (inflated_.empty()) return file_.read(offset, into);
  if (offset > size_ || into.size() > size_ - offset) {
    fail(ErrorKind::input,
         "{}: inflated, it ends at byte {}, but {} bytes from byte {} on were expected",
         path().string(), size_, into.size(), offset);
  }
  std::copy_n(inflated_.data() + offset, into.size(), into.data());
}

}  // namespace arete
