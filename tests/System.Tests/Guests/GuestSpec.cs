using System.Globalization;

namespace MicroVm.SystemTests.Guests;

/// <summary>A guest to boot.</summary>
/// <param name="Name">Name of its folder on the device.</param>
public sealed record GuestSpec(string Name)
{
    /// <summary>Where the device has what <c>deploy/guest/probe/build.sh</c> made.</summary>
    internal const string Media = "/media";

    /// <summary>Its kernel.</summary>
    public GuestKernel Kernel { get; init; }

    /// <summary>In which form.</summary>
    public GuestImage Image { get; init; }

    /// <summary>Processors.</summary>
    public int Vcpus { get; init; } = 1;

    /// <summary>Memory in MiB.</summary>
    public int MemoryMib { get; init; } = 192;

    /// <summary>More of the kernel's command line.</summary>
    public string Arguments { get; init; } = "";

    /// <summary>More sections of the configuration, such as <c>"entropy": {}</c>, with commas between them.</summary>
    public string Sections { get; init; } = "";

    /// <summary>More of the VMM's command line.</summary>
    public string Options { get; init; } = "--api-sock api.sock";

    /// <summary>The folder of its kernel on the device.</summary>
    internal string KernelFolder => $"{Media}/kernels/{(Kernel == GuestKernel.Debian ? "debian" : "backports")}";

    /// <summary>The configuration as the VMM reads it.</summary>
    internal string Configuration => string.Create(
        CultureInfo.InvariantCulture,
        $$"""
        {
          "boot-source": {
            "kernel_image_path": "{{KernelFolder}}/{{(Image == GuestImage.Elf ? "vmlinux" : "vmlinuz")}}",
            "initrd_path": "{{Media}}/initramfs.cpio",
            "boot_args": "console=ttyS0 quiet panic=-1 {{Arguments}}"
          },
          "machine-config": { "vcpu_count": {{Vcpus}}, "mem_size_mib": {{MemoryMib}} }{{(Sections.Length == 0 ? "" : ", ")}}
          {{Sections}}
        }
        """);
}
