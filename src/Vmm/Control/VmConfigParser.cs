using MicroVm.Vmm.Arch.CpuTemplates;
using MicroVm.Vmm.Control.Requests;

namespace MicroVm.Vmm.Control;

/// <summary>Reads the document of --config-file: Firecracker's, with unknown and repeated fields refused.</summary>
internal static class VmConfigParser
{
    private static readonly string[] s_fields =
    [
        "boot-source", "drives", "machine-config", "vsock", "entropy", "serial", "logger",
        "network-interfaces", "balloon", "mmds-config", "metrics", "cpu-config", "pmem", "memory-hotplug",
    ];

    /// <summary>The configuration in <paramref name="json"/>; <paramref name="readFile"/> gives the content of a file that it names as a part of it.</summary>
    /// <exception cref="VmConfigException">It is no JSON, incomplete, or asks for what this VMM does not have.</exception>
    internal static VmConfig Parse(ReadOnlySpan<byte> json, Func<string, ReadOnlyMemory<byte>>? readFile = null)
    {
        var builder = new VmConfigBuilder();
        var cursor = new JsonCursor(json, "");
        JsonObjectScope scope = cursor.EnterObject();
        while (cursor.NextField(ref scope, s_fields, out string name))
        {
            ReadSection(ref cursor, builder, name, readFile);
        }

        cursor.End();
        return builder.Build();
    }

    private static void ReadSection(ref JsonCursor cursor, VmConfigBuilder builder, string name, Func<string, ReadOnlyMemory<byte>>? readFile)
    {
        switch (name)
        {
            case "boot-source":
                builder.BootSource = BootSourceReader.Read(ref cursor);
                break;
            case "drives":
                ReadDrives(ref cursor, builder);
                break;
            case "network-interfaces" when !cursor.IsNull:
                ReadNetworkInterfaces(ref cursor, builder);
                break;
            case "machine-config" when !cursor.IsNull:
                // Of the two sections cpu-config wins, wherever it stands.
                builder.Machine = MachineConfigReader.Read(ref cursor, builder.Machine) with { CpuTemplate = builder.Machine.CpuTemplate };
                break;
            case "cpu-config" when !cursor.IsNull:
                builder.Machine = builder.Machine with { CpuTemplate = ReadTemplate(ref cursor, readFile) };
                break;
            case "vsock" when !cursor.IsNull:
                builder.Vsock = VsockConfigReader.Read(ref cursor);
                break;
            case "entropy" when !cursor.IsNull:
                builder.Entropy = EntropyConfigReader.Read(ref cursor);
                break;
            case "metrics" when !cursor.IsNull:
                builder.Metrics = MetricsConfigReader.Read(ref cursor);
                break;
            case "balloon" when !cursor.IsNull:
                builder.Balloon = BalloonConfigReader.Read(ref cursor);
                break;
            case "mmds-config" when !cursor.IsNull:
                builder.Mmds = MmdsConfigReader.Read(ref cursor);
                break;
            case "serial" when !cursor.IsNull:
                builder.Serial = SerialConfigReader.Read(ref cursor);
                break;
            case "logger" when !cursor.IsNull:
                builder.Logger = LoggerConfigReader.Read(ref cursor);
                break;
            default:
                cursor.RefuseUnlessNeutral();
                break;
        }
    }

    /// <summary>The template itself, or the path of a file with it.</summary>
    private static CpuTemplate ReadTemplate(ref JsonCursor cursor, Func<string, ReadOnlyMemory<byte>>? readFile)
    {
        if (!cursor.IsString || readFile is null)
        {
            return CpuConfigReader.Read(ref cursor);
        }

        var file = new JsonCursor(readFile(cursor.ReadString(HostPath.MaxBytes)).Span, cursor.Path);
        CpuTemplate template = CpuConfigReader.Read(ref file);
        file.End();
        return template;
    }

    private static void ReadDrives(ref JsonCursor cursor, VmConfigBuilder builder)
    {
        int index = -1;
        while (cursor.NextElement("drives", ref index))
        {
            int before = builder.Drives.Count;
            string path = cursor.Path;
            DriveConfig drive = DriveConfigReader.Read(ref cursor);
            builder.SetDrive(drive, path);
            if (builder.Drives.Count == before)
            {
                throw new VmConfigException($"{path}.drive_id", "an id that no other drive has", $"\"{drive.DriveId}\" twice");
            }
        }
    }

    private static void ReadNetworkInterfaces(ref JsonCursor cursor, VmConfigBuilder builder)
    {
        int index = -1;
        while (cursor.NextElement("network-interfaces", ref index))
        {
            int before = builder.NetworkInterfaces.Count;
            string path = cursor.Path;
            NetworkInterfaceConfig config = NetworkInterfaceReader.Read(ref cursor);
            builder.SetNetworkInterface(config, path);
            if (builder.NetworkInterfaces.Count == before)
            {
                throw new VmConfigException($"{path}.iface_id", "an id that no other interface has", $"\"{config.IfaceId}\" twice");
            }
        }
    }
}
