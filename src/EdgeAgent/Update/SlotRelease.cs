using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Update;

/// <summary>What a slot holds, complete and verified.</summary>
/// <param name="Version">Its version.</param>
/// <param name="Digest">The artifact that it was unpacked from.</param>
internal sealed record SlotRelease(ReleaseVersion Version, Digest Digest);
