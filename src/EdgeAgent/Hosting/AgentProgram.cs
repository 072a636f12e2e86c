using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using MicroVm.EdgeAgent.Cgroups;
using MicroVm.EdgeAgent.Configuration;
using MicroVm.EdgeAgent.Doctor;
using MicroVm.EdgeAgent.Interop;
using MicroVm.EdgeAgent.Local;
using MicroVm.EdgeAgent.Networks;
using MicroVm.EdgeAgent.Observed;
using MicroVm.EdgeAgent.Store;
using MicroVm.EdgeAgent.Update;

namespace MicroVm.EdgeAgent.Hosting;

/// <summary>The program from its arguments to its exit code.</summary>
internal static class AgentProgram
{
    private const int Success = 0, DeviceFault = 1, UsageFault = 2, Decommissioned = 3;

    /// <summary>Runs the agent until SIGTERM or SIGINT.</summary>
    internal static async Task<int> RunAsync(string[] arguments, TextWriter output, TextWriter errors)
    {
        Libc.KeepMallocSmall();
        try
        {
            CommandLine line = CommandLine.Parse(arguments);
            switch (line.Verb)
            {
                case AgentVerb.ShowVersion:
                    output.WriteLine($"microvm-agent {AgentVersion.Text}");
                    return Success;
                case AgentVerb.ShowUsage:
                    output.WriteLine(CommandLine.Usage);
                    return Success;
                case AgentVerb.Doctor:
                    return await DoctorCommand.RunAsync(line, output, AgentVersion.Text) ? Success : DeviceFault;
                case AgentVerb.Ask:
                    await LocalCommand.RunAsync(line, output, CancellationToken.None);
                    return Success;
                case AgentVerb.Apply:
                    await LocalApply.RunAsync(line, output, !Console.IsOutputRedirected, CancellationToken.None);
                    return Success;
                case AgentVerb.Exec:
                    return await LocalExec.RunAsync(line, errors, CancellationToken.None);
                case AgentVerb.CheckConfig:
                    output.WriteLine($"{line.ConfigPath}: valid, device {AgentOptionsReader.ReadFile(line.ConfigPath).DeviceId}");
                    return Success;
                default:
                    return await RunUntilSignalAsync(OfSlot(AgentOptionsReader.ReadFile(line.ConfigPath)), errors);
            }
        }
        catch (ConfigurationException e)
        {
            errors.WriteLine($"microvm-agent: {e.Message}");
            return UsageFault;
        }
        catch (Exception e) when (e is StoreException or OsFaultException or LocalFaultException or IOException or UnauthorizedAccessException)
        {
            errors.WriteLine($"microvm-agent: {e.Message}");
            return DeviceFault;
        }
    }

    private static async Task<int> RunUntilSignalAsync(AgentOptions options, TextWriter errors)
    {
        OomScore.ProtectAgent(new ProcFileSystem());
        using CancellationTokenSource stopping = new();
        using PosixSignalRegistration term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Stop(context, stopping));
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => Stop(context, stopping));
        using ILoggerFactory logging = AgentLogging.CreateFactory(options.LogLevel);
        return await RunDeviceAsync(options, null, logging, errors, stopping.Token);
    }

    /// <summary>Runs the agent until it is stopped or its device is wiped; on a device that was wiped there is nothing to run.</summary>
    /// <param name="options">Options.</param>
    /// <param name="network">The host's network; null for the one that there is.</param>
    /// <param name="logging">Log.</param>
    /// <param name="errors">Told why it does not go on.</param>
    /// <param name="stop">Ends it.</param>
    internal static async Task<int> RunDeviceAsync(
        AgentOptions options, HostNetwork? network, ILoggerFactory logging, TextWriter errors, CancellationToken stop)
    {
        if (Wipe.IsDone(options))
        {
            return SayWiped(options, Wipe.Finish(options), errors);
        }

        using DataDirectory directory = DataDirectory.Open(options);
        if (await HostAsync(options, directory, network, logging, stop))
        {
            return SayWiped(options, Wipe.Run(options), errors);
        }

        if (!Wipe.IsBegun(options) || stop.IsCancellationRequested)
        {
            return Success;
        }

        errors.WriteLine("microvm-agent: this device is decommissioned, but VMs still run; the next start ends them and wipes it");
        return DeviceFault;
    }

    /// <summary>True when the device is to be wiped, and can be.</summary>
    private static async Task<bool> HostAsync(AgentOptions options, DataDirectory directory, HostNetwork? network, ILoggerFactory logging, CancellationToken stop)
    {
        using SqliteStore store = SqliteStore.Open(directory.DatabasePath);
        await using AgentHost host = new(options, directory, store, TimeProvider.System, logging, network);
        await host.RunAsync(stop);
        return host.IsDecommissioned;
    }

    private static int SayWiped(AgentOptions options, IReadOnlyList<string> faults, TextWriter errors)
    {
        foreach (string fault in faults)
        {
            errors.WriteLine($"microvm-agent: not deleted: {fault}");
        }

        errors.WriteLine(faults.Count == 0
            ? $"microvm-agent: this device is decommissioned and wiped; remove {Wipe.MarkOf(options)} to enrol it again"
            : $"microvm-agent: this device is decommissioned, but {faults.Count} of what it has could not be deleted; the next start tries it again");
        return Decommissioned;
    }

    private static AgentOptions OfSlot(AgentOptions options) => Launcher.Slot is not (null or AgentSlot.Base) && Environment.ProcessPath is string program
        ? ReleaseFiles.Apply(options, Path.GetDirectoryName(program)!, File.Exists)
        : options;

    private static void Stop(PosixSignalContext context, CancellationTokenSource stopping)
    {
        context.Cancel = true;
        stopping.Cancel();
    }
}
