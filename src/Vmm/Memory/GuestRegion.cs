namespace MicroVm.Vmm.Memory;

/// <summary>One contiguous range of guest RAM: <see cref="Size"/> bytes at <see cref="Start"/>, <see cref="Offset"/> bytes into the mapping.</summary>
internal readonly record struct GuestRegion(GuestAddress Start, ulong Size, ulong Offset)
{
    /// <summary>First address behind the region.</summary>
    internal ulong End => Start.Value + Size;
}
