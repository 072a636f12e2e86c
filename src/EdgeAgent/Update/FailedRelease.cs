using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Update;

/// <summary>A release that does not work on this device; not tried again while it is desired.</summary>
/// <param name="Version">Its version.</param>
/// <param name="Digest">Its artifact.</param>
/// <param name="Reason">What happened, in one line.</param>
internal sealed record FailedRelease(ReleaseVersion Version, Digest Digest, string Reason);
