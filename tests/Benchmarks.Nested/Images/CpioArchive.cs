using System.Text;

namespace MicroVm.Benchmarks.Nested.Images;

/// <summary>An initramfs in the kernel's "newc" format (Documentation/driver-api/early-userspace/buffer-format.rst).</summary>
internal sealed class CpioArchive
{
    private const uint RegularFile = 0x8000, Directory = 0x4000, CharacterDevice = 0x2000;
    private readonly MemoryStream _bytes = new();
    private int _inode = 1;

    internal void AddDirectory(string name) => Add(name, Directory | 0x1ED, [], 0, 0);

    internal void AddProgram(string name, byte[] content) => Add(name, RegularFile | 0x1ED, content, 0, 0);

    internal void AddConsole() => Add("dev/console", CharacterDevice | 0x180, [], 5, 1);

    /// <summary>The archive with its end mark.</summary>
    internal byte[] Finish()
    {
        Add("TRAILER!!!", 0, [], 0, 0);
        return _bytes.ToArray();
    }

    private void Add(string name, uint mode, byte[] content, int deviceMajor, int deviceMinor)
    {
        // inode, mode, uid, gid, links, time, size, device, node's device, name with its zero, checksum
        string header = $"070701{_inode++:x8}{mode:x8}{0:x8}{0:x8}{1:x8}{0:x8}{content.Length:x8}{0:x8}{0:x8}{deviceMajor:x8}{deviceMinor:x8}{name.Length + 1:x8}{0:x8}";
        _bytes.Write(Encoding.ASCII.GetBytes($"{header}{name}\0"));
        Pad();
        _bytes.Write(content);
        Pad();
    }

    private void Pad()
    {
        while (_bytes.Length % 4 != 0)
        {
            _bytes.WriteByte(0);
        }
    }
}
