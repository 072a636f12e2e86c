namespace MicroVm.Shared.Contracts.Api;

/// <summary>What a bundle has to have for one device.</summary>
/// <param name="Device">Device id.</param>
/// <param name="Generation">Generation of its desired state.</param>
/// <param name="Digest">Digest of the document.</param>
/// <param name="Desired">Its desired state, signed for it, as <c>down/desired</c> carries it.</param>
/// <param name="Trust">A command with a newer trust bundle than it is known to hold, as <c>down/command</c> carries it; empty when it needs none.</param>
/// <param name="Images">The images that its VMs need, now or soon; each digest once.</param>
public sealed record BundlePartView(
    string Device, ulong Generation, string Digest, byte[] Desired, byte[] Trust, IReadOnlyList<BundleImageView> Images)
{
    /// <summary>The agent release that its desired state names and that it has not said it runs; null when there is none.</summary>
    public BundleAgentView? Agent { get; init; }
}
