namespace MicroVm.Shared.Contracts.Telemetry;

/// <summary>
/// Numbers that people wrote down with a few digits, as integers and a power of ten: 21.5 is 215 and 1. They come back
/// bit for bit the same, or this form is not used.
/// </summary>
internal static class DecimalColumn
{
    /// <summary>Most digits behind the point.</summary>
    internal const int MaxDigits = 6;

    // Integers up to here are exact in a double.
    private const double MaxInteger = 1L << 53;

    private static readonly double[] s_powers = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000];

    /// <summary>The integers, with the fewest digits behind the point that do for all; null when no such form is exact.</summary>
    internal static (int Digits, long[] Integers)? TrySplit(ReadOnlySpan<double> values)
    {
        long[] integers = new long[values.Length];
        for (int digits = 0; digits <= MaxDigits; digits++)
        {
            if (TrySplit(values, s_powers[digits], integers))
            {
                return (digits, integers);
            }
        }

        return null;
    }

    /// <summary>The number of an integer and its digits behind the point.</summary>
    internal static double Join(long integer, int digits) => integer / s_powers[digits];

    private static bool TrySplit(ReadOnlySpan<double> values, double power, long[] integers)
    {
        for (int i = 0; i < values.Length; i++)
        {
            double scaled = Math.Round(values[i] * power);
            if (!(Math.Abs(scaled) <= MaxInteger) || BitConverter.DoubleToInt64Bits((long)scaled / power) != BitConverter.DoubleToInt64Bits(values[i]))
            {
                return false;
            }

            integers[i] = (long)scaled;
        }

        return true;
    }
}
