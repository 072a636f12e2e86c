using System.Formats.Tar;
using System.Text;

namespace MicroVm.ControlPlane.Tests.Images;

/// <summary>Makes the tar of one layer with System.Formats.Tar, so that the reader under test is checked by another implementation.</summary>
internal sealed class TestLayer
{
    public static readonly DateTimeOffset Time = DateTimeOffset.FromUnixTimeSeconds(1_600_000_000);

    private readonly MemoryStream _stream = new();
    private readonly TarWriter _writer;

    public TestLayer(TarEntryFormat format = TarEntryFormat.Pax) => _writer = new TarWriter(_stream, format, leaveOpen: true);

    public static byte[] Of(Action<TestLayer> build)
    {
        TestLayer layer = new();
        build(layer);
        return layer.ToArray();
    }

    public byte[] ToArray()
    {
        _writer.Dispose();
        return _stream.ToArray();
    }

    public TestLayer Directory(string path, int mode = 0x1ED) => Add(TarEntryType.Directory, path, entry => entry.Mode = (UnixFileMode)mode);

    public TestLayer File(string path, string content = "", int mode = 0x1A4, int owner = 0) => Add(TarEntryType.RegularFile, path, entry =>
    {
        entry.DataStream = new MemoryStream(Encoding.UTF8.GetBytes(content));
        entry.Mode = (UnixFileMode)mode;
        entry.Uid = owner;
        entry.Gid = owner;
    });

    public TestLayer HardLink(string path, string target) => Add(TarEntryType.HardLink, path, entry => entry.LinkName = target);

    public TestLayer SymbolicLink(string path, string target) => Add(TarEntryType.SymbolicLink, path, entry => entry.LinkName = target);

    public TestLayer Fifo(string path) => Add(TarEntryType.Fifo, path, static _ => { });

    public TestLayer CharacterDevice(string path, int major, int minor) => Add(TarEntryType.CharacterDevice, path, entry =>
    {
        PosixTarEntry device = (PosixTarEntry)entry;
        device.DeviceMajor = major;
        device.DeviceMinor = minor;
    });

    private TestLayer Add(TarEntryType type, string path, Action<TarEntry> fill)
    {
        TarEntry entry = _writer.Format == TarEntryFormat.Gnu ? new GnuTarEntry(type, path) : new PaxTarEntry(type, path);
        entry.ModificationTime = Time;
        fill(entry);
        _writer.WriteEntry(entry);
        return this;
    }
}
