using MicroVm.Vmm.Diagnostics;
using MicroVm.Vmm.Hosting;
using MicroVm.Vmm.Interop.Linux;
using MicroVm.Vmm.Machine;

namespace MicroVm.Vmm;

/// <summary>Entry point of microvm-vmm.</summary>
internal static class Program
{
    private static int Main(string[] arguments)
    {
        Logger logger = new(CommandLineOptions.DefaultId);
        ExitCode code = Guarded(arguments, ref logger);
        // Not a return: whatever thread may still sit in a device call, the process ends here.
        Libc._exit((int)code);
        return (int)code;
    }

    private static ExitCode Guarded(string[] arguments, ref Logger logger)
    {
        try
        {
            return Run(arguments, ref logger);
        }
        catch (VmmFaultException fault)
        {
            logger.Error(fault.Message);
            return fault.Code;
        }
        catch (OsFaultException fault)
        {
            logger.Error(fault.Message);
            return ExitCode.HostCallFailed;
        }
        catch (Exception defect)
        {
            logger.Error($"{defect.GetType().Name}: {defect.Message}");
            return ExitCode.InternalFault;
        }
    }

    private static ExitCode Run(string[] arguments, ref Logger logger)
    {
        CommandLineOptions options = CommandLineParser.Parse(arguments);
        if (options.Help || options.Version)
        {
            StandardOutput.Write(options.Help ? CommandLineParser.Usage : $"microvm-vmm {ProductVersion.Text}\n");
            return ExitCode.Ok;
        }

        logger = new Logger(options.Id);
        logger.Configure(options.Level, options.ShowLevel, options.ShowLogOrigin);
        if (options.LogPath is not null)
        {
            logger.OpenFile(options.LogPath);
        }

        SignalBlock.BlockInAllThreads();
        using VmmProcess process = new(options, logger);
        VmOutcome outcome = process.Run();
        if (outcome.Code == ExitCode.Ok)
        {
            logger.Info(outcome.Message);
        }
        else
        {
            logger.Error(outcome.Message);
        }

        return outcome.Code;
    }
}
