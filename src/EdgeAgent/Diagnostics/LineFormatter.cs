using Serilog.Events;
using Serilog.Formatting;
using Serilog.Parsing;

namespace MicroVm.EdgeAgent.Diagnostics;

/// <summary>Writes a log event as exactly one line. Control characters that came in with a value are replaced.</summary>
internal sealed class LineFormatter : ITextFormatter
{
    /// <inheritdoc/>
    public void Format(LogEvent logEvent, TextWriter output)
    {
        using StringWriter text = new();
        foreach (MessageTemplateToken token in logEvent.MessageTemplate.Tokens)
        {
            // Texts stand as they are, without the quotes that the library puts around them.
            if (token is PropertyToken { PropertyName: string name }
                && logEvent.Properties.GetValueOrDefault(name) is ScalarValue { Value: string value })
            {
                text.Write(value);
            }
            else
            {
                token.Render(logEvent.Properties, text);
            }
        }

        output.Write(logEvent.Timestamp.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ "));
        output.Write(NameOf(logEvent.Level));
        output.Write(' ');
        foreach (char c in text.ToString())
        {
            output.Write(char.IsControl(c) ? ' ' : c);
        }

        output.Write('\n');
    }

    private static string NameOf(LogEventLevel level) => level switch
    {
        LogEventLevel.Verbose => "trace",
        LogEventLevel.Debug => "debug",
        LogEventLevel.Information => "info ",
        LogEventLevel.Warning => "warn ",
        _ => "error",
    };
}
