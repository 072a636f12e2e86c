namespace MicroVm.EdgeAgent.Interop;

/// <summary>Room of a file system.</summary>
/// <param name="TotalBytes">Its size.</param>
/// <param name="FreeBytes">What is free, the part that is reserved for root included.</param>
/// <param name="AvailableBytes">What may be used without the reserved part.</param>
internal readonly record struct FileSystemSpace(ulong TotalBytes, ulong FreeBytes, ulong AvailableBytes)
{
    /// <summary>What is in use.</summary>
    internal ulong UsedBytes => TotalBytes - FreeBytes;
}
