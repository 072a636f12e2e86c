using MicroVm.Vmm.Diagnostics;
using MicroVm.Vmm.Machine;

namespace MicroVm.Vmm.Hosting;

/// <summary>The program from its arguments to its exit code; faults are the caller's.</summary>
internal static class VmmProgram
{
    /// <summary>Runs one VM to its end. <paramref name="logger"/> becomes the configured one as soon as the arguments are read.</summary>
    internal static ExitCode Run(string[] arguments, ref Logger logger)
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
