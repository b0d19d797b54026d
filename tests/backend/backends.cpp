#include "backend/backend_suite.hpp"

namespace arete::test {

std::vector<BackendUnderTest> backends_under_test() {
  return {{"cpu", cpu_backend}, {"cuda", [] { return open_backend("cuda"); }}};
}

}  // namespace arete::test
