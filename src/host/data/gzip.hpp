#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>

#include "arete/core/buffer.hpp"
#include "arete/core/file.hpp"

namespace arete {

/// Whether a file that begins with these bytes is a gzip file (RFC 1952).
[[nodiscard]] bool is_gzip(std::span<const std::byte> start) noexcept;

/// What a file holds, be it plain or gzip. A plain file is read where it lies; a gzip file is
/// inflated whole, into memory, when it is opened.
class ContentFile {
 public:
  /// `memory` limits the bytes of a gzip file, packed and inflated together, for both lie in memory
  /// at once; 0 is no limit. Throws Error (input) when the
  /// file cannot be opened or its compressed data are damaged, (resource) when it is too large.
  ContentFile(const std::filesystem::path& path, std::size_t memory);

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return file_.path(); }
  /// Bytes of the content, after inflating.
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
  /// The inflated content; nullptr for a plain file.
  [[nodiscard]] std::byte* in_memory() noexcept { return inflated_.data(); }
  /// Of memory, inflated.
  [[nodiscard]] std::size_t held_bytes() const noexcept { return inflated_.size(); }
  /// Fills `into` from `offset` on; content that ends before is an Error (input) naming the byte.
  void read(std::uint64_t offset, std::span<std::byte> into) const;

 private:
  void inflate(std::size_t limit);

  InputFile file_;
  Buffer<std::byte> inflated_;
  std::uint64_t size_ = 0;
};

}  // namespace arete
