using System.Runtime.InteropServices;
using MicroVm.Vmm.Arch.CpuTemplates;
using MicroVm.Vmm.Control.Http;
using MicroVm.Vmm.Control.Requests;
using MicroVm.Vmm.Interop.Linux;

namespace MicroVm.Vmm.Control;

/// <content>The parts of the configuration that there is one of.</content>
internal sealed partial class ApiHandler
{
    private HttpResponse PutSection(string[] path, ReadOnlySpan<byte> body)
    {
        bool isDeprecated = false;
        Action apply;
        switch (path[0])
        {
            case "machine-config":
                apply = PutMachine(body);
                isDeprecated = HasField(body, "cpu_template"u8);
                break;
            case "cpu-config":
                CpuTemplate template = Read(body, path[0], CpuConfigReader.Read);
                apply = () => config.Machine = config.Machine with { CpuTemplate = template };
                break;
            case "boot-source":
                BootSource bootSource = Read(body, path[0], BootSourceReader.Read);
                apply = () => SetBootSource(bootSource);
                break;
            case "vsock":
                VsockConfig vsock = Read(body, path[0], VsockConfigReader.Read);
                apply = () => config.Vsock = vsock;
                isDeprecated = HasField(body, "vsock_id"u8);
                break;
            case "entropy":
                EntropyConfig entropy = Read(body, path[0], EntropyConfigReader.Read);
                apply = () => config.Entropy = entropy;
                break;
            case "serial":
                SerialConfig serial = Read(body, path[0], SerialConfigReader.Read);
                apply = () => config.Serial = serial;
                break;
            case "balloon":
                BalloonConfig balloon = Read(body, path[0], BalloonConfigReader.Read);
                balloon.CheckAgainst(config.Machine);
                apply = () => config.Balloon = balloon;
                break;
            case "metrics":
                MetricsConfig metricsConfig = Read(body, path[0], MetricsConfigReader.Read);
                apply = () => vm.OpenMetrics(metricsConfig.MetricsPath);
                break;
            case "logger":
                LoggerConfig logger = Read(body, path[0], LoggerConfigReader.Read);
                apply = () => vm.ConfigureLogger(logger);
                break;
            default:
                return NoSuchEndpoint("PUT", path);
        }

        return ApplyBeforeStart(apply, isDeprecated);
    }

    private void SetBootSource(BootSource bootSource)
    {
        RequireFile("Boot source error: The kernel file cannot be opened:", bootSource.KernelImagePath);
        if (bootSource.InitrdPath is not null)
        {
            RequireFile("Boot source error: The initrd file cannot be opened due to invalid path or invalid permissions.", bootSource.InitrdPath);
        }

        config.BootSource = bootSource;
    }

    /// <summary>Makes sure that a file can be opened now. It is opened again at the start, and may be another one then.</summary>
    private void RequireFile(string text, string path, bool isWritable = false, string suffix = "")
    {
        try
        {
            vm.CheckFile(path, isWritable);
        }
        catch (OsFaultException fault)
        {
            throw new VmConfigException(path, $"{text} {Marshal.GetPInvokeErrorMessage(fault.Errno)} (os error {fault.Errno}){suffix}");
        }
    }

    private Action PutMachine(ReadOnlySpan<byte> body)
    {
        MachineConfig machine = Read(body, "machine-config", (ref JsonCursor cursor) => MachineConfigReader.Read(ref cursor, config.Machine));
        return () => ChangeMachine(machine);
    }

    private HttpResponse PatchMachine(ReadOnlySpan<byte> body)
    {
        MachineConfig machine = Read(
            body, "machine-config", (ref JsonCursor cursor) => MachineConfigReader.ReadUpdate(ref cursor, config.Machine));
        return IsEmptyObject(body)
            ? Refuse("Empty PATCH request.")
            : ApplyBeforeStart(() => ChangeMachine(machine), HasField(body, "cpu_template"u8));
    }

    private void ChangeMachine(MachineConfig machine)
    {
        if (config.Balloon is { } balloon && balloon.AmountMib > machine.MemSizeMib)
        {
            throw new VmConfigException(
                "machine-config.mem_size_mib",
                "Machine config error: The memory size (MiB) is smaller than the previously set balloon device target size.");
        }

        config.Machine = machine;
    }

    private HttpResponse ApplyBeforeStart(Action apply, bool isDeprecated = false)
    {
        if (IsStarted)
        {
            return Refuse(NotAfterStart);
        }

        apply();
        return HttpResponse.NoContent with { IsDeprecated = isDeprecated };
    }

    private static bool IsEmptyObject(ReadOnlySpan<byte> body) => body.IndexOf((byte)'"') < 0;
}
