using System.Text.Json;
using System.Text.Json.Nodes;
using MicroVm.Vmm.KvmTests.Guests;

namespace MicroVm.Vmm.KvmTests.Running;

/// <summary>A temporary folder with what one VM needs: its kernel, its files and its configuration.</summary>
internal sealed class VmFolder : IDisposable
{
    /// <summary>Memory of the VM unless the test asks for another.</summary>
    internal const int MemoryMib = 32;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("kvmtest-");

    internal VmFolder()
    {
        Config = new JsonObject
        {
            ["machine-config"] = new JsonObject { ["vcpu_count"] = 1, ["mem_size_mib"] = MemoryMib },
            ["boot-source"] = new JsonObject { ["kernel_image_path"] = this["kernel"] },
        };
    }

    /// <summary>The document for --config-file, to be completed by the test.</summary>
    internal JsonObject Config { get; }

    /// <summary>Path of a file in the folder.</summary>
    internal string this[string name] => Path.Combine(_folder.FullName, name);

    /// <summary>Writes the guest as an ELF kernel.</summary>
    internal VmFolder WithGuest(GuestProgram program) => WithKernel(KernelFile.Elf(program.Image()));

    internal VmFolder WithKernel(byte[] file)
    {
        File.WriteAllBytes(this["kernel"], file);
        return this;
    }

    /// <summary>Writes the configuration and starts the VMM with it.</summary>
    internal RunningVmm Start(params IEnumerable<string> more)
    {
        string path = this["vm.json"];
        File.WriteAllText(path, Config.ToJsonString(new JsonSerializerOptions { WriteIndented = true }));
        return RunningVmm.Start(["--config-file", path, .. more]);
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
