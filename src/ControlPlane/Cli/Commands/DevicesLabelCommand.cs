using System.CommandLine;
using MicroVm.ControlPlane.Cli.Api;
using MicroVm.ControlPlane.Cli.Hosting;
using MicroVm.ControlPlane.Cli.Output;
using MicroVm.Shared.Contracts.Api;

namespace MicroVm.ControlPlane.Cli.Commands;

/// <summary><c>mvm devices label ID NAME=VALUE NAME-</c>: sets and removes the operator's labels of a device.</summary>
internal static class DevicesLabelCommand
{
    /// <summary>Creates the command.</summary>
    public static Command Create(Func<CommandAction, Func<ParseResult, CancellationToken, Task<int>>> run)
    {
        Argument<string> device = NameArgument.Device();
        Argument<string[]> changes = new("CHANGE")
        {
            Description = "NAME=VALUE sets a label, NAME- removes it",
            Arity = ArgumentArity.OneOrMore,
        };
        Command command = new("label", "Set and remove labels of a device") { device, changes };
        command.SetAction(run(async (context, parsed, cancellation) =>
        {
            string id = parsed.GetValue(device)!;
            string path = ApiPaths.DeviceLabels(id);
            Versioned<Dictionary<string, string>> labels =
                await context.Api.GetAsync(path, ApiJsonContext.Default.DictionaryStringString, cancellation);
            foreach (string change in parsed.GetValue(changes)!)
            {
                Apply(change, labels.Value);
            }

            await context.Api.PutAsync(path, labels, ApiJsonContext.Default.DictionaryStringString, cancellation);
            await context.Terminal.Out.WriteLineAsync(context.IsJson
                ? Json.Write(labels.Value, Json.Indented.DictionaryStringString)
                : $"device/{id} labelled");
            return ExitCode.Success;
        }));
        return command;
    }

    private static void Apply(string change, Dictionary<string, string> labels)
    {
        int equals = change.IndexOf('=');
        if (equals > 0)
        {
            labels[change[..equals]] = change[(equals + 1)..];
        }
        else if (equals < 0 && change.Length > 1 && change.EndsWith('-'))
        {
            labels.Remove(change[..^1]);
        }
        else
        {
            throw new UsageException($"label: expected NAME=VALUE or NAME-, found '{change}'");
        }
    }
}
