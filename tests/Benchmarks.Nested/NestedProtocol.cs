namespace MicroVm.Benchmarks.Nested;

/// <summary>What the nested host and the guests in it agree on.</summary>
internal static class NestedProtocol
{
    /// <summary>A guest says this line when it takes commands.</summary>
    internal const string Ready = "ready";

    /// <summary>A guest's answer: this mark, nanoseconds by its clock, interrupts of its virtio devices.</summary>
    internal const string Answer = "= ";

    /// <summary>Content of the file "text" in every file system made for guests.</summary>
    internal const string FileContent = "written when the nested host was made";

    /// <summary>Size of every disk.</summary>
    internal const long DiskBytes = 64 << 20;

    /// <summary>UDP: datagrams are sent back.</summary>
    internal const int DatagramEchoPort = 7001;

    /// <summary>Streams (TCP and vsock): what comes is sent back, 64 bytes at a time.</summary>
    internal const int EchoPort = 7002;

    /// <summary>Streams: eight bytes of length, then that many bytes, then one byte back.</summary>
    internal const int SinkPort = 7003;

    /// <summary>Streams: eight bytes of length, then that many bytes back.</summary>
    internal const int SourcePort = 7004;

    /// <summary>Bytes of a message that goes back and forth.</summary>
    internal const int MessageBytes = 64;

    /// <summary>Bytes of one write or read of a stream.</summary>
    internal const int StreamChunkBytes = 64 << 10;
}
