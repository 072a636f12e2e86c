using System.CommandLine;
using MicroVm.ControlPlane.Cli.Hosting;

namespace MicroVm.ControlPlane.Cli.Commands;

/// <summary>What a command does.</summary>
/// <param name="context">What it works with.</param>
/// <param name="parsed">Its arguments.</param>
/// <param name="cancellation">Ctrl-C.</param>
internal delegate Task<ExitCode> CommandAction(CliContext context, ParseResult parsed, CancellationToken cancellation);
