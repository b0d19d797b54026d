#include "arete/core/module.hpp"

namespace {

const arete::ModuleTable table{"0.0.1-of-another-build", nullptr, nullptr, nullptr, nullptr};

}  // namespace

extern "C" const arete::ModuleTable* arete_module() { return &table; }
