using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using MicroVm.EdgeAgent.Cgroups;
using MicroVm.EdgeAgent.Configuration;
using MicroVm.EdgeAgent.Doctor;
using MicroVm.EdgeAgent.Interop;
using MicroVm.EdgeAgent.Local;
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
                    return await RunUnlessWipedAsync(AgentOptionsReader.ReadFile(line.ConfigPath), errors);
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

    private static async Task<int> RunUnlessWipedAsync(AgentOptions options, TextWriter errors)
    {
        if (Wipe.IsDone(options))
        {
            Wipe.Finish(options);
        }
        else
        {
            await HostAsync(OfSlot(options));
        }

        if (!Wipe.IsDone(options))
        {
            return Success;
        }

        errors.WriteLine($"microvm-agent: this device is decommissioned and wiped; remove {Wipe.MarkOf(options)} to enrol it again");
        return Decommissioned;
    }

    private static async Task HostAsync(AgentOptions options)
    {
        OomScore.ProtectAgent(new ProcFileSystem());
        using CancellationTokenSource stopping = new();
        using PosixSignalRegistration term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Stop(context, stopping));
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => Stop(context, stopping));
        using DataDirectory directory = DataDirectory.Open(options);
        using ILoggerFactory logging = AgentLogging.CreateFactory(options.LogLevel);
        bool wipe;
        using (SqliteStore store = SqliteStore.Open(directory.DatabasePath))
        {
            await using AgentHost host = new(options, directory, store, TimeProvider.System, logging);
            await host.RunAsync(stopping.Token);
            wipe = host.IsDecommissioned;
        }

        if (wipe)
        {
            Wipe.Run(options);
        }
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
