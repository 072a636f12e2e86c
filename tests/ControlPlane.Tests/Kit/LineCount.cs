using System.Text;

namespace MicroVm.ControlPlane.Tests.Kit;

/// <summary>Counts the lines that are written and cancels once there are enough.</summary>
internal sealed class LineCount(int enough, CancellationTokenSource cancel) : TextWriter
{
    private readonly TaskCompletionSource _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _lines;

    public override Encoding Encoding => Encoding.UTF8;

    /// <summary>Completes with the first line.</summary>
    internal Task First => _first.Task;

    public override void WriteLine(string? value) => Count();

    public override Task WriteLineAsync(string? value)
    {
        Count();
        return Task.CompletedTask;
    }

    public override void Write(char value)
    {
    }

    private void Count()
    {
        _first.TrySetResult();
        if (++_lines >= enough)
        {
            cancel.Cancel();
        }
    }
}
