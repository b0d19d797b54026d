#pragma once

#include "device/runtime/probe.hpp"

namespace arete::device {

/// Asks CUDA what is there. Never throws for what is not.
[[nodiscard]] Probe look_for_gpus();

}  // namespace arete::device
