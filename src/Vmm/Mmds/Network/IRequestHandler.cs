namespace MicroVm.Vmm.Mmds.Network;

/// <summary>What answers the requests that connections collect.</summary>
internal interface IRequestHandler
{
    /// <summary>Answers one request; keeps nothing of it.</summary>
    MetadataAnswer Answer(ReadOnlySpan<byte> request);
}
