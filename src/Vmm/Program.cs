using MicroVm.Vmm.Diagnostics;
using MicroVm.Vmm.Hosting;
using MicroVm.Vmm.Interop.Linux;

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
            return VmmProgram.Run(arguments, ref logger);
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
}
