#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>

namespace arete {

namespace detail {

/// 64-byte aligned memory, in huge pages where it is large enough and the system offers them.
/// Throws Error (resource) that states what was asked for.
[[nodiscard]] void* allocate_aligned(std::size_t bytes);

struct FreeAligned {
  void operator()(void* memory) const noexcept;
};

}  // namespace detail

/// Owns `size` elements, 64-byte aligned and *not initialised*: arrays as large as these are
/// written once by whoever computes them. May be moved (which empties the other), not copied.
template <typename T>
class Buffer {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  Buffer() = default;
  /// Throws Error (resource) that states how many bytes were asked for.
  explicit Buffer(std::size_t size)
      : memory_(size == 0 ? nullptr : static_cast<T*>(detail::allocate_aligned(bytes(size)))),
        size_(size) {}

  ~Buffer() = default;
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  Buffer(Buffer&& other) noexcept
      : memory_(std::move(other.memory_)), size_(std::exchange(other.size_, 0)) {}
  Buffer& operator=(Buffer&& other) noexcept {
    memory_ = std::move(other.memory_);
    size_ = std::exchange(other.size_, 0);
    return *this;
  }

  [[nodiscard]] T* data() noexcept { return memory_.get(); }
  [[nodiscard]] const T* data() const noexcept { return memory_.get(); }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] T& operator[](std::size_t i) noexcept { return memory_.get()[i]; }
  [[nodiscard]] const T& operator[](std::size_t i) const noexcept { return memory_.get()[i]; }
  [[nodiscard]] T* begin() noexcept { return data(); }
  [[nodiscard]] T* end() noexcept { return data() + size_; }
  [[nodiscard]] const T* begin() const noexcept { return data(); }
  [[nodiscard]] const T* end() const noexcept { return data() + size_; }
  [[nodiscard]] std::span<T> span() noexcept { return {data(), size_}; }
  [[nodiscard]] std::span<const T> span() const noexcept { return {data(), size_}; }

 private:
  static std::size_t bytes(std::size_t size) {
    std::size_t result = 0;
    return __builtin_mul_overflow(size, sizeof(T), &result) ? static_cast<std::size_t>(-1) : result;
  }

  std::unique_ptr<T, detail::FreeAligned> memory_;
  std::size_t size_ = 0;
};

}  // namespace arete
