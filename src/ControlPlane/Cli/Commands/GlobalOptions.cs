using System.CommandLine;
using MicroVm.ControlPlane.Cli.Output;

namespace MicroVm.ControlPlane.Cli.Commands;

/// <summary>Options of every command.</summary>
internal sealed class GlobalOptions
{
    private const string Variable = "MVM_SERVER";

    /// <summary>Creates the options.</summary>
    /// <param name="environment">Environment variables: <c>MVM_SERVER</c> is the server when none is given.</param>
    public GlobalOptions(Func<string, string?> environment)
    {
        string? server = environment(Variable) is { Length: > 0 } set ? set : null;
        Server = new Option<string?>("--server")
        {
            Description = $"URL of the control plane (environment {Variable}; else that of 'mvm login')",
            HelpName = "URL",
            Recursive = true,
            DefaultValueFactory = _ => server,
        };
        Output = new Option<OutputFormat>("--output", "-o")
        {
            Description = "How to write the result",
            HelpName = "table|json",
            Recursive = true,
            CustomParser = static result => Enum.TryParse(result.Tokens[0].Value, ignoreCase: true, out OutputFormat format)
                && Enum.IsDefined(format) && !char.IsDigit(result.Tokens[0].Value[0])
                ? format
                : Refuse<OutputFormat>(result, $"-o: expected table or json, found '{result.Tokens[0].Value}'"),
        };
    }

    /// <summary>The control plane.</summary>
    public Option<string?> Server { get; }

    /// <summary>How to write.</summary>
    public Option<OutputFormat> Output { get; }

    /// <summary>Reports a wrong value from a parser.</summary>
    public static T Refuse<T>(System.CommandLine.Parsing.SymbolResult result, string message)
    {
        result.AddError(message);
        return default!;
    }
}
