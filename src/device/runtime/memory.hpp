#pragma once

#include <cstddef>
#include <span>
#include <type_traits>
#include <utility>

#include "arete/core/checked.hpp"
#include "device/runtime/device.hpp"

namespace arete::device {

/// Owns `size` elements in the memory of a device, not initialised; may be moved.
template <typename T, bool pinned = false>
class Memory {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  Memory() = default;
  /// Throws Error (resource) that states what is needed and what is free.
  Memory(Device& device, std::size_t size) : device_(&device), size_(size) {
    const std::size_t bytes = checked_multiply(size, sizeof(T), "memory of the device");
    if (size == 0) return;
    memory_ = static_cast<T*>(pinned ? device.allocate_pinned(bytes) : device.allocate(bytes));
  }
  ~Memory() { release(); }
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;
  Memory(Memory&& other) noexcept
      : device_(other.device_),
        memory_(std::exchange(other.memory_, nullptr)),
        size_(std::exchange(other.size_, 0)) {}
  Memory& operator=(Memory&& other) noexcept {
    if (this == &other) return *this;
    release();
    device_ = other.device_;
    memory_ = std::exchange(other.memory_, nullptr);
    size_ = std::exchange(other.size_, 0);
    return *this;
  }

  [[nodiscard]] T* data() noexcept { return memory_; }
  [[nodiscard]] const T* data() const noexcept { return memory_; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::size_t bytes() const noexcept { return size_ * sizeof(T); }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }

 private:
  void release() noexcept {
    if (memory_ == nullptr) return;
    pinned ? device_->release_pinned(memory_) : device_->release(memory_);
  }

  Device* device_ = nullptr;
  T* memory_ = nullptr;
  std::size_t size_ = 0;
};

/// Host memory for copies in the background.
template <typename T>
using Pinned = Memory<T, true>;

/// Copies all of `from`; the device has it once the lane was synchronised.
template <typename T>
void upload(Device& device, int lane, Memory<T>& to, std::span<const T> from) {
  device.upload(lane, to.data(), from.data(), from.size_bytes());
}

/// Copies `to.size()` elements, and waits for them.
template <typename T>
void fetch(Device& device, int lane, std::span<T> to, const T* from) {
  device.download(lane, to.data(), from, to.size_bytes());
  device.synchronise(lane);
}

/// Zeros.
template <typename T>
void clear(Device& device, int lane, Memory<T>& memory) {
  device.clear(lane, memory.data(), memory.bytes());
}

/// Counts the time that it lives on a lane to a stage.
class StageTime {
 public:
  StageTime(Device& device, int lane, Stage stage) : device_(device), lane_(lane), stage_(stage) {
    device.begin_stage(lane, stage);
  }
  ~StageTime() { device_.end_stage(lane_, stage_); }
  StageTime(const StageTime&) = delete;
  StageTime& operator=(const StageTime&) = delete;

 private:
  Device& device_;
  int lane_;
  Stage stage_;
};

}  // namespace arete::device
