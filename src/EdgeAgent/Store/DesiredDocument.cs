using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Store;

/// <summary>The desired-state document that the device holds, as the bytes that came.</summary>
/// <param name="Generation">Its generation.</param>
/// <param name="Digest">SHA-256 of <paramref name="Bytes"/>.</param>
/// <param name="Bytes">The encoded document.</param>
internal sealed record DesiredDocument(ulong Generation, Digest Digest, byte[] Bytes);
