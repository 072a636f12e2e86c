namespace MicroVm.Vmm.Control;

/// <summary>What a guest's flush does.</summary>
internal enum DriveCacheType
{
    /// <summary>The guest is not offered a flush.</summary>
    Unsafe,

    /// <summary>A flush makes the host's file durable (fdatasync).</summary>
    Writeback,
}
