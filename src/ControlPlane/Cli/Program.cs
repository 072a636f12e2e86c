using System.Runtime.InteropServices;
using MicroVm.ControlPlane.Cli.Hosting;

using CancellationTokenSource interrupted = new();
void Interrupt(PosixSignalContext signal)
{
    // A second signal ends the process the hard way.
    signal.Cancel = !interrupted.IsCancellationRequested;
    interrupted.Cancel();
}

using PosixSignalRegistration control = PosixSignalRegistration.Create(PosixSignal.SIGINT, Interrupt);
using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Interrupt);
CliApplication application = new(
    StandardTerminal.Open(Environment.GetEnvironmentVariable), Environment.GetEnvironmentVariable, TimeProvider.System);
return await application.RunAsync(args, interrupted.Token);
