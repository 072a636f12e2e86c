using System.Buffers;
using System.Text.Json;
using MicroVm.EdgeAgent.Configuration;
using MicroVm.Shared.Contracts.Desired;

namespace MicroVm.EdgeAgent.Vms;

/// <summary>Writes the VMM's configuration file: Firecracker's JSON, as its <c>--config-file</c> takes it.</summary>
internal static class VmConfigDocument
{
    private const string BaseKernelArguments = "console=ttyS0 quiet panic=-1 reboot=k";

    /// <summary>The configuration of one VM.</summary>
    /// <param name="spec">What it should be.</param>
    /// <param name="cid">Its vsock context id.</param>
    /// <param name="imagePath">Its root file system.</param>
    /// <param name="paths">Where its files are.</param>
    /// <param name="options">Kernel and initramfs.</param>
    internal static byte[] Write(VmSpec spec, uint cid, string imagePath, VmPaths paths, AgentOptions options)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter json = new(buffer, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            WriteMachine(json, spec);
            WriteBoot(json, options);
            WriteRootFileSystem(json, imagePath);
            json.WriteStartObject("vsock");
            json.WriteNumber("guest_cid", cid);
            json.WriteString("uds_path", paths.Vsock(spec.Name));
            json.WriteEndObject();
            json.WriteStartObject("entropy");
            json.WriteEndObject();
            json.WriteStartObject("serial");
            json.WriteString("serial_out_path", paths.Serial(spec.Name));
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static void WriteMachine(Utf8JsonWriter json, VmSpec spec)
    {
        json.WriteStartObject("machine-config");
        json.WriteNumber("vcpu_count", spec.VcpuCount);
        json.WriteNumber("mem_size_mib", spec.MemoryMib);
        json.WriteEndObject();
    }

    private static void WriteBoot(Utf8JsonWriter json, AgentOptions options)
    {
        json.WriteStartObject("boot-source");
        json.WriteString("kernel_image_path", options.KernelPath);
        json.WriteString("initrd_path", options.InitrdPath);
        json.WriteString("boot_args", $"{BaseKernelArguments} {options.KernelArgs}".TrimEnd());
        json.WriteEndObject();
    }

    private static void WriteRootFileSystem(Utf8JsonWriter json, string imagePath)
    {
        // is_root_device would make the VMM add root= to the command line; microvm-init mounts the disk itself.
        json.WriteStartArray("drives");
        json.WriteStartObject();
        json.WriteString("drive_id", "rootfs");
        json.WriteString("path_on_host", imagePath);
        json.WriteBoolean("is_root_device", false);
        json.WriteBoolean("is_read_only", true);
        json.WriteEndObject();
        json.WriteEndArray();
    }
}
