namespace MicroVm.ControlPlane.Host.Images.Archive;

/// <summary>Kinds of entries that a root file system can have; the values are tar's type flags (POSIX.1-2017, pax, ustar).</summary>
internal enum ArchiveEntryType : byte
{
    /// <summary>A regular file.</summary>
    File = (byte)'0',

    /// <summary>Another name of a file that came before.</summary>
    HardLink = (byte)'1',

    /// <summary>A symbolic link.</summary>
    SymbolicLink = (byte)'2',

    /// <summary>A character device.</summary>
    CharacterDevice = (byte)'3',

    /// <summary>A block device.</summary>
    BlockDevice = (byte)'4',

    /// <summary>A directory.</summary>
    Directory = (byte)'5',

    /// <summary>A named pipe.</summary>
    Fifo = (byte)'6',
}
