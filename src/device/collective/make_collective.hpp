#pragma once

#include "device/collective/collective.hpp"

namespace arete::device {

/// How sessions on GPU `index` share sums among ranks; see CollectiveFactory.
[[nodiscard]] CollectiveFactory collective_on(int index);

}  // namespace arete::device
