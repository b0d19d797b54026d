#include "device/collective/make_collective.hpp"

namespace arete::device {

// Built without NCCL: sums go through the host, with the same result.
CollectiveFactory collective_on(int /*index*/) {
  return [](Communicator&) { return std::unique_ptr<Collective>(); };
}

}  // namespace arete::device
