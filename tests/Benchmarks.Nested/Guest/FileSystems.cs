using MicroVm.Vmm.Guest.Boot;
using MicroVm.Vmm.Guest.Interop;

namespace MicroVm.Benchmarks.Nested.Guest;

/// <summary>What workloads stand on: a disk's file system, read; and an overlay above it, written.</summary>
internal static class FileSystems
{
    /// <summary>Mounts /dev/vda as <paramref name="type"/> under an overlay, and reads and writes through both.</summary>
    internal static void Check(string type)
    {
        Mounts.Mount("tmpfs", "/layers", 0);
        Mounts.Mount(type, "/layers/image", type == "squashfs" ? Mounts.ReadOnly : 0, source: "/dev/vda");
        Mounts.MakeDirectory("/layers/upper");
        Mounts.MakeDirectory("/layers/work");
        Mounts.Mount("overlay", "/layers/root", 0, "lowerdir=/layers/image,upperdir=/layers/upper,workdir=/layers/work");
        Expect("/layers/root/text", NestedProtocol.FileContent);
        File.AppendAllText("/layers/root/text", "more");
        Expect("/layers/root/text", NestedProtocol.FileContent + "more");
        Expect("/layers/image/text", NestedProtocol.FileContent);
        if (type == "ext4")
        {
            File.WriteAllText("/layers/image/new", "new");
            Libc.sync();
            Expect("/layers/image/new", "new");
        }
    }

    private static void Expect(string path, string content)
    {
        string found = File.ReadAllText(path);
        if (found != content)
        {
            throw new InvalidDataException($"{path}: expected '{content}', found '{found}'");
        }
    }
}
