using MicroVm.EdgeAgent.Desired;

namespace MicroVm.EdgeAgent.Bundles;

/// <summary>What a bundle did, or would do.</summary>
/// <param name="IsCheck">It was only looked at.</param>
/// <param name="Result">What the intake said, or would say: accepted, or held already.</param>
/// <param name="Before">Generation that was held before.</param>
/// <param name="Generation">Generation in the bundle.</param>
/// <param name="Imported">Images that the device did not have.</param>
/// <param name="ImportedBytes">Their bytes.</param>
/// <param name="TrustVersion">Version of the trust bundle that came with it; 0 when none newer than the held one did.</param>
/// <param name="Changes">VMs that are other ones than before, by name.</param>
/// <param name="Agent">The agent that the desired state names; null when it names none.</param>
/// <param name="Paused">Who lets changes wait, and why; null when nobody does.</param>
internal sealed record BundleOutcome(
    bool IsCheck,
    IntakeResult Result,
    ulong Before,
    ulong Generation,
    int Imported,
    long ImportedBytes,
    ulong TrustVersion,
    IReadOnlyList<BundleChange> Changes,
    BundleRelease? Agent,
    string? Paused);
