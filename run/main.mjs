import { become } from './become.mjs'

become('run')
