#pragma once

#include <memory>

#include "device/runtime/device.hpp"

namespace arete::device {

/// The GPU of this number, by cuBLAS, cuBLASLt, cuSOLVER and CUB. Throws Error (resource) where it
/// cannot be used.
[[nodiscard]] std::unique_ptr<Device> cuda_device(int index);

}  // namespace arete::device
